// The sample browser: filters on the left of the list, the chosen sample beside it.

async function startBrowser() {
  const form = document.getElementById("filters");
  if (matchMedia("(max-width: 800px)").matches) document.getElementById("filter-box").open = false;
  const data = await unpack("samples-data");
  const { samples, evaluations, questions, texts } = data;
  const count = samples.text.length;
  data.severalSeeds = distinct(evaluations.map((one) => one.seed)).length > 1;
  data.byQuestion = new Map();
  for (let i = 0; i < count; i++) {
    const same = data.byQuestion.get(samples.question[i]);
    if (same) same.push(i);
    else data.byQuestion.set(samples.question[i], [i]);
  }
  const lower = texts.map((text) => text.toLowerCase());
  const asked = questions.map((one) => {
    const last = one.messages.at(-1);
    return last ? texts[last[1]] : one.id;
  });
  const means = meanRewards(samples); // of every question in every evaluation

  const all = (field) => distinct(evaluations.map((one) => one[field]));
  const any = ["", "any"];
  fill(form.task, [any, ...all("task").map((task) => [task, task])]);
  fill(form.method, [any, ...all("method").map((method) => [method, method])]);
  fill(form.round, [any, ...all("round").sort((a, b) => a - b).map((round) => [round, round ? `after ${round}` : "base"])]);
  fill(form.seed, [any, ...all("seed").map((seed) => [seed, seed])]);
  const states = distinct(evaluations.map((one) => stateOf(one)));
  const none = ["", "–"];
  for (const select of [form.from, form.to]) fill(select, [none, ...states.map((state) => [state, state])]);
  form.from.closest("fieldset").hidden = states.length < 2;

  const list = new LongList(
    document.getElementById("list"),
    document.getElementById("rows"),
    (sample) => {
      const evaluation = evaluations[samples.evaluation[sample]];
      const cut = samples.cut[sample] ? ", cut off" : "";
      return [
        element("span", {}, asked[samples.question[sample]].slice(0, 200)),
        element("small", {}, verdict(samples.reward[sample]), ` · ${stateName(data, evaluation)} · ${samples.length[sample]} tokens${cut}`),
      ];
    },
    (sample) => choose(sample),
  );
  let chosen = -1;

  function choose(sample) {
    chosen = sample;
    showSample(data, sample, (other) => {
      choose(other);
      list.mark(other);
    });
    history.replaceState(null, "", `#sample-${sample}`);
  }

  function filter() {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.text.trim().toLowerCase();
    const changed = wanted.from && wanted.to ? changedQuestions(data, means, wanted) : null;
    const kept = [];
    for (let i = 0; i < count; i++) {
      const evaluation = evaluations[samples.evaluation[i]];
      const question = questions[samples.question[i]];
      const revision = samples.revision[i];
      const after = revision < 0 ? null : data.revisions.reward[revision];
      if (
        (!wanted.task || evaluation.task === wanted.task) &&
        (!wanted.method || evaluation.method === wanted.method) &&
        (!wanted.round || evaluation.round === Number(wanted.round)) &&
        (!wanted.seed || evaluation.seed === Number(wanted.seed)) &&
        (!wanted.verdict || (wanted.verdict === "cut" ? samples.cut[i] : (wanted.verdict === "right") === Boolean(samples.reward[i]))) &&
        (!wanted.revision ||
          (after !== null &&
            (wanted.revision === "revised" ||
              (wanted.revision === "corrected" ? after > samples.reward[i] : after < samples.reward[i])))) &&
        (!changed || (changed.has(`${evaluation.seed} ${samples.question[i]}`) && [wanted.from, wanted.to].includes(stateOf(evaluation)))) &&
        (!words ||
          lower[samples.text[i]].includes(words) ||
          question.id.toLowerCase().includes(words) ||
          asked[samples.question[i]].toLowerCase().includes(words))
      )
        kept.push(i);
    }
    if (changed) kept.sort((a, b) => samples.question[a] - samples.question[b] || a - b);
    document.getElementById("count").textContent = summary(kept, wanted);
    list.show(kept, chosen);
    if (list.chosen < 0 && kept.length) list.move(0);
    if (!kept.length) document.getElementById("sample").replaceChildren(facts("No sample is left by these filters."));
  }

  // "208 of 6,656 samples, 104 questions; base 12.0 % right, sdzero, round 1 80.3 %"
  function summary(kept, wanted) {
    const number = (count) => count.toLocaleString("en");
    const share = (some) => ((100 * some.reduce((sum, i) => sum + samples.reward[i], 0)) / some.length).toFixed(1);
    let text = `${number(kept.length)} of ${number(count)} samples`;
    if (wanted.from && wanted.to) {
      text += `, ${number(distinct(kept.map((i) => samples.question[i])).length)} questions`;
      const sides = [wanted.from, wanted.to].map((state) => [state, kept.filter((i) => stateOf(evaluations[samples.evaluation[i]]) === state)]);
      text += sides.filter(([, some]) => some.length).map(([state, some]) => `; ${state}: ${share(some)} % right`).join("");
    } else if (wanted.from || wanted.to) {
      text += "; choose both `from` and `to` to see what changed";
    }
    if (kept.length && !(wanted.from && wanted.to)) text += `; ${share(kept)} % ${wanted.revision ? "of the drafts right" : "right"}`;
    const whole = evaluations.reduce((sum, one) => sum + one.samples, 0);
    return whole > count ? `${text}; the page holds ${number(count)} of ${number(whole)}` : text;
  }

  function next() { // the same question and sample number elsewhere
    if (!list.items.length) return;
    const same = data.byQuestion.get(samples.question[chosen]).filter((i) => samples.index[i] === samples.index[chosen]);
    const other = same[(same.indexOf(chosen) + 1) % same.length];
    choose(other);
    list.mark(other);
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.target.closest("#tokens") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      j: () => list.move(list.chosen + 1),
      k: () => list.move(list.chosen - 1),
      m: next,
      "/": () => {
        document.getElementById("filter-box").open = true;
        form.text.focus();
      },
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  // A link to a sample counts for this page: with other limits it may be another one's number.
  function linked() {
    const found = /^#sample-(\d+)$/.exec(location.hash);
    return found && Number(found[1]) < count ? Number(found[1]) : -1;
  }
  const here = linked() < 0 ? location.hash : "";
  const first = linked();
  filter();
  if (first < 0) history.replaceState(null, "", here.startsWith("#sample-") || !here ? location.pathname : here);
  const follow = (sample) => {
    if (sample < 0) return;
    choose(sample);
    list.mark(sample);
    document.getElementById("samples").scrollIntoView();
  };
  follow(first);
  addEventListener("hashchange", () => follow(linked()));
}

function stateOf(evaluation) {
  return evaluation.round ? `${evaluation.method}, round ${evaluation.round}` : evaluation.method;
}

function meanRewards(samples) {
  const sums = new Map();
  for (let i = 0; i < samples.text.length; i++) {
    const key = `${samples.evaluation[i]} ${samples.question[i]}`;
    const [right, all] = sums.get(key) ?? [0, 0];
    sums.set(key, [right + samples.reward[i], all + 1]);
  }
  return new Map([...sums].map(([key, [right, all]]) => [key, right / all]));
}

// "seed question" of every question whose share of right samples differs between two states
function changedQuestions(data, means, { from, to, change }) {
  const changed = new Set();
  data.evaluations.forEach((before, a) => {
    if (stateOf(before) !== from) return;
    data.evaluations.forEach((after, b) => {
      if (stateOf(after) !== to || after.task !== before.task || after.seed !== before.seed) return;
      data.questions.forEach((_, question) => {
        const step = means.get(`${b} ${question}`) - means.get(`${a} ${question}`); // NaN where one lacks it
        if ((step > 0 && change !== "lost") || (step < 0 && change !== "gained")) changed.add(`${before.seed} ${question}`);
      });
    });
  });
  return changed;
}
