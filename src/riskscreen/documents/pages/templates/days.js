// Days left are true on the day the page is opened; paper and a page without script
// show the date alone.
"use strict";
{
  const words = JSON.parse(document.body.dataset.words);
  const day = (iso) => Date.parse(`${iso}T00:00:00Z`) / 86400000;
  const today = day(document.documentElement.dataset.today ?? new Date().toLocaleDateString("sv"));
  const say = (left) => {
    if (left === 0) return words.today;
    if (left === 1) return words.tomorrow;
    if (left >= 730) return words.years.replace("{n}", Math.round(left / 365.25));
    const form = left > 0 ? words.ahead : left === -1 ? words.yesterday : words.passed;
    return form.replace("{n}", Math.abs(left));
  };
  for (const place of document.querySelectorAll("[data-days]")) {
    const left = day(place.dataset.days) - today;
    place.textContent = say(left);
    place.classList.toggle("is-late", left < 0);
    place.classList.toggle("is-soon", left >= 0 && left <= 7);
  }
}
