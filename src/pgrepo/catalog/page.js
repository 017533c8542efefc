"use strict";
const byId = id => document.getElementById(id);
const input = byId("words"), found = byId("found"), more = byId("more"), none = byId("none");
const entries = [...document.querySelectorAll(".entry")];
const groups = [...document.querySelectorAll(".group, .domain")];
let texts = null, isDeep = false;

// The head of an entry is its name, what it is for, and what it takes and touches.
const read = () => texts ??= new Map(entries.map(entry => {
  const head = entry.querySelector("summary").textContent + entry.querySelector(".inside > div").textContent;
  return [entry, [head.toLowerCase(), entry.textContent.toLowerCase()]];
}));

function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const has = at => entries.filter(entry => words.every(word => read().get(entry)[at].includes(word)));
  const heads = words.length ? has(0) : entries, all = words.length ? has(1) : entries;
  const shown = new Set(isDeep || !heads.length ? all : heads);
  for (const entry of entries) entry.hidden = !shown.has(entry);
  for (const group of groups) group.hidden = !group.querySelector(".entry:not([hidden])");
  document.body.classList.toggle("searching", words.length > 0);
  none.hidden = shown.size > 0;
  found.textContent = words.length ? `${shown.size} found` : "";
  more.hidden = all.length === shown.size;
  more.textContent = `${all.length - shown.size} more in SQL and plans`;
}

function visible() {
  return entries.filter(entry => !entry.hidden).map(entry => entry.querySelector("summary"));
}

// Where a link leads to is to be seen, whatever was searched for.
function reveal() {
  const place = byId(decodeURIComponent(location.hash.slice(1)));
  if (!place) return;
  if (place.closest("[hidden]")) { input.value = ""; search(); }
  const entry = place.closest("details.entry");
  if (entry) { entry.open = true; entry.querySelector("summary").focus({ preventScroll: true }); }
  (entry ?? place).scrollIntoView();
}

input.addEventListener("input", () => { isDeep = false; search(); });
input.form.addEventListener("submit", event => { event.preventDefault(); visible()[0]?.focus(); });
more.addEventListener("click", () => { isDeep = true; search(); input.focus(); });
addEventListener("hashchange", reveal);
document.addEventListener("click", event => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) reveal();
});

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inInput = event.target === input;
  if (event.key === "/" && !inInput) { event.preventDefault(); input.focus(); input.select(); }
  if (event.key === "Escape") {
    event.preventDefault();
    if (inInput) { input.value = ""; isDeep = false; search(); } else input.focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const here = event.target.closest("summary");
  if (!step || !(inInput || here?.parentElement.matches(".entry"))) return;
  event.preventDefault();
  const shown = visible(), at = inInput ? (step > 0 ? 0 : -1) : shown.indexOf(here) + step;
  (shown[at] ?? input).focus();
});

if (matchMedia("(min-width: 60rem)").matches) byId("contents").open = true;
search();
reveal();
