"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Copying, also where the clipboard interface is closed to pages opened from a file.
  const copied = async (text, element) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      getSelection().selectAllChildren(element);
      return document.execCommand("copy");
    }
  };
  for (const button of all("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = document.getElementById(button.dataset.copy);
      button.textContent = (await copied(code.textContent, code)) ? "Copied" : "Select and copy";
      button.setAttribute("aria-label", button.textContent);
      setTimeout(() => {
        button.textContent = "Copy";
        button.setAttribute("aria-label", "Copy the curl line");
      }, 2000);
    });
  }

  // Filtering. Each entry knows its APIs, each group or entry its outcome.
  const form = document.getElementById("filter");
  if (form) {
    const api = document.getElementById("filter-api");
    const text = document.getElementById("filter-text");
    const said = document.getElementById("filter-said");
    const chips = all("button[data-show]", form);
    const entries = all(".entry").map((element) => ({
      element,
      apis: element.dataset.apis.split("\n"),
      outcome: element.closest("[data-outcome]").dataset.outcome,
      text: element.textContent.toLowerCase(),
    }));
    const filter = () => {
      const shown = new Set(chips.filter((c) => c.getAttribute("aria-pressed") === "true").map((c) => c.dataset.show));
      const wanted = text.value.trim().toLowerCase();
      let left = 0;
      for (const entry of entries) {
        const fits = shown.has(entry.outcome)
          && (!api || !api.value || entry.apis.includes(api.value))
          && (!wanted || entry.text.includes(wanted));
        entry.element.hidden = !fits;
        left += fits;
      }
      for (const box of all(".group")) {
        const within = all(".entry", box);
        if (within.length) box.hidden = within.every((element) => element.hidden);
      }
      for (const fold of all("details:has(.entry)")) fold.hidden = all(".entry", fold).every((e) => e.hidden);
      said.textContent = left === entries.length ? "" : `${left} of ${entries.length} entries shown`;
    };
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
      });
    }
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }

  // Paper cannot be unfolded: print everything but the raw exchanges, and fold it again afterwards.
  const unfolded = [];
  addEventListener("beforeprint", () => {
    for (const fold of all("details:not([open])")) {
      if (!fold.querySelector(":scope > .exchange")) {
        fold.open = true;
        unfolded.push(fold);
      }
    }
  });
  addEventListener("afterprint", () => {
    for (const fold of unfolded.splice(0)) fold.open = false;
  });
})();
