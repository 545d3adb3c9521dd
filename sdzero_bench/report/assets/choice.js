// Drop-down choices. fill(select, [["", "any"], ["sdzero", "sdzero"]])

function fill(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => element("option", { value }, text)));
  select.closest("label").hidden = entries.length <= 2 && entries[0][0] === ""; // nothing to choose between
}

function distinct(values) {
  return [...new Set(values)];
}
