// One sample in full: the question, where else it was answered, the response or draft -> control phrase -> revision.

function showSample(data, sample, choose) {
  const { samples, revisions, questions, texts } = data;
  const question = questions[samples.question[sample]];
  const text = (number) => (number < 0 ? null : texts[number]);
  const state = stateName(data, data.evaluations[samples.evaluation[sample]]);
  const revision = samples.revision[sample];
  const shown = [
    heading(`${question.task} · ${question.id}`),
    ...question.messages.flatMap(([role, content]) => [
      ...(question.messages.length > 1 ? [heading(role)] : []),
      element("pre", {}, text(content)),
    ]),
    question.gold < 0 ? null : facts("gold answer: ", text(question.gold)),
    heading("This question everywhere"),
    everywhere(data, sample, choose),
    heading(`${state}, sample ${samples.index[sample] + 1}`),
  ];
  const response = attempt(samples, sample, text);
  if (revision < 0) {
    shown.push(...response);
  } else {
    shown.push(
      element(
        "div",
        { class: "trace" },
        element("div", {}, heading("Draft"), ...response),
        element("div", {}, heading("Control phrase"), element("pre", {}, text(revisions.phrase[revision]))),
        element("div", {}, heading("Revision"), ...attempt(revisions, revision, text)),
      ),
    );
  }
  document.getElementById("sample").replaceChildren(...shown.filter((part) => part !== null));
}

function attempt(columns, row, text) {
  const answer = text(columns.answer[row]);
  const reason = text(columns.reason[row]);
  return [
    element("pre", {}, text(columns.text[row])),
    facts(
      verdict(columns.reward[row]),
      ` · ${reason ?? ""} · answer ${answer ?? "none found"} · ${columns.length[row]} tokens`,
      columns.cut[row] ? ", cut off at the limit" : "",
    ),
  ];
}

function everywhere(data, sample, choose) {
  const { samples, evaluations } = data;
  const here = data.byQuestion.get(samples.question[sample]);
  const methods = distinct(here.map((other) => rowName(data, evaluations[samples.evaluation[other]])));
  const rounds = distinct(here.map((other) => evaluations[samples.evaluation[other]].round)).sort((a, b) => a - b);
  const cell = (method, round) =>
    here
      .filter((other) => {
        const evaluation = evaluations[samples.evaluation[other]];
        return rowName(data, evaluation) === method && evaluation.round === round;
      })
      .map((other) =>
        element(
          "button",
          {
            type: "button", class: samples.reward[other] ? "right" : "wrong", "aria-current": other === sample,
            "aria-label": `${method} round ${round}, sample ${samples.index[other] + 1}: ${samples.reward[other] ? "right" : "wrong"}`,
            onclick: () => choose(other),
          },
          samples.reward[other] ? "✓" : "✗",
        ),
      );
  const head = ["", ...rounds.map((round) => (round ? `round ${round}` : "base"))];
  return element(
    "div",
    { class: "everywhere" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...head.map((name) => element("th", {}, name)))),
      element(
        "tbody",
        {},
        ...methods.map((method) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, method),
            ...rounds.map((round) => element("td", {}, ...cell(method, round))),
          ),
        ),
      ),
    ),
  );
}

function rowName(data, evaluation) {
  return evaluation.method + (data.severalSeeds ? `, seed ${evaluation.seed}` : "");
}

function stateName(data, evaluation) {
  return rowName(data, evaluation) + (evaluation.round ? `, round ${evaluation.round}` : "");
}

function heading(text) {
  return element("h3", {}, text);
}

function facts(...parts) {
  return element("p", { class: "facts" }, ...parts);
}
