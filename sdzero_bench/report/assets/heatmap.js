// One response of a localisation, its tokens coloured by their reward.

const TOP = 0.05; // of the tokens of a response

async function startHeatmap() {
  const form = document.getElementById("heatmap-filters");
  const { localisations } = await unpack("heatmaps-data");
  fill(form.localisation, localisations.map((one, number) => [number, one.title]));

  function kept() {
    const wanted = form.verdict.value;
    return localisations[form.localisation.value].responses.filter(
      (one) => !wanted || (wanted === "right") === Boolean(one.reward),
    );
  }

  function show(number) {
    const responses = kept();
    const at = Math.min(Math.max(1, number), Math.max(1, responses.length));
    form.number.value = at;
    form.number.max = responses.length;
    const { all } = localisations[form.localisation.value];
    const wanted = form.verdict.value;
    const there = wanted ? all[wanted] : all.wrong + all.right;
    const held = there > responses.length ? `; the localisation has ${there}${wanted ? "" : ", the page as many wrong as right ones"}` : "";
    document.getElementById("heatmap-count").textContent = `of ${responses.length}${held}`;
    const response = responses[at - 1];
    document.getElementById("heatmap").replaceChildren(...(response ? drawTokens(response) : [facts("None.")]));
  }

  form.addEventListener("input", (event) => show(event.target === form.number ? form.number.valueAsNumber || 1 : 1));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.previous.addEventListener("click", () => show(form.number.valueAsNumber - 1));
  form.next.addEventListener("click", () => show(form.number.valueAsNumber + 1));
  show(1);
}

function drawTokens(response) {
  const { tokens, rewards, policy } = response;
  const full = Math.max(...rewards.map(Math.abs), 1); // nats; rewards that are all small stay pale
  const ranked = [...rewards.keys()].sort((a, b) => rewards[b] - rewards[a]);
  const top = new Set(ranked.slice(0, Math.max(1, Math.round(TOP * tokens.length))).filter((i) => rewards[i] > 0));
  const about = element("p", { class: "facts", role: "status" }, "Point at a token, or use the arrow keys in the response.");
  const spans = tokens.map((token, i) => {
    const strength = Math.round(75 * Math.sqrt(Math.abs(rewards[i]) / full));
    const colour = rewards[i] > 0 ? "--less" : "--more";
    return element(
      "span",
      {
        class: top.has(i) ? "token top" : "token",
        style: `background:color-mix(in srgb, var(${colour}) ${strength}%, transparent)`,
        onmouseenter: () => choose(i), onclick: () => choose(i),
      },
      token,
    );
  });
  let chosen = -1;

  function choose(i) {
    if (chosen >= 0) spans[chosen].classList.remove("chosen");
    chosen = Math.min(tokens.length - 1, Math.max(0, i));
    spans[chosen].classList.add("chosen");
    about.textContent =
      `token ${chosen + 1} of ${tokens.length}, ${JSON.stringify(tokens[chosen])}: reward ${rewards[chosen].toPrecision(2)} nats; ` +
      `log-probability ${policy[chosen].toFixed(2)} under the policy, ${(policy[chosen] - rewards[chosen]).toFixed(2)} under the reviser`;
  }

  const step = (event) => {
    const moves = { ArrowRight: chosen + 1, ArrowLeft: chosen - 1, Home: 0, End: tokens.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    choose(moves[event.key]);
  };
  return [
    heading("Question"),
    element("pre", {}, response.question),
    heading("Response"),
    element("div", { class: "tokens", tabindex: 0, role: "group", "aria-label": "tokens of the response", onkeydown: step }, ...spans),
    about,
    facts(verdict(response.reward), ` · answer ${response.answer ?? "none found"} · largest reward ${Math.max(...rewards).toPrecision(2)} nats`),
  ];
}
