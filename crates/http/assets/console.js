// What makes the console quicker to use. Every page does all it does without this.

// Times in the viewer's zone; the server knows only UTC.
const near = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
const localTimes = (root) => {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = near.format(at);
    time.title = whole.format(at);
  }
};

// A button beside each value that is there to be copied.
const copyButtons = (root) => {
  for (const value of root.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard || value.dataset.ready) continue;
    value.dataset.ready = "yes";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small";
    button.textContent = value.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(value.textContent.trim());
      button.textContent = value.dataset.copied;
      setTimeout(() => { button.textContent = value.dataset.copy; }, 2000);
    });
    value.after(button);
  }
};

// Filters that apply while one types: the same page is asked for, and its list put in place of the old one.
const liveFilters = () => {
  for (const form of document.querySelectorAll("form[data-live]")) {
    const list = document.getElementById(form.dataset.live);
    if (!list) continue;
    let last = 0;
    let waiting = 0;
    const refresh = async () => {
      const turn = ++last;
      const fields = [...new FormData(form)].filter(([, value]) => value !== "");
      const address = `${form.action.split("?")[0]}?${new URLSearchParams(fields)}`;
      list.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(address, { headers: { accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(list.id);
        if (turn !== last) return;
        if (!answer.ok || !fresh) { form.submit(); return; }
        list.replaceChildren(...fresh.childNodes);
        history.replaceState(null, "", address);
        localTimes(list);
      } catch {
        if (turn === last) form.submit();
      } finally {
        if (turn === last) list.removeAttribute("aria-busy");
      }
    };
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(refresh, 200); };
    form.addEventListener("input", soon);
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); refresh(); });
  }
};

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const buttons = event.target.querySelectorAll("button:not([type=button])");
  setTimeout(() => { for (const button of buttons) button.disabled = true; }, 0);
});
// Whoever comes back by the browser's button finds it as it was.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll("form button:disabled")) button.disabled = false;
});

// On phones the menu is wider than the window.
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

localTimes(document);
copyButtons(document);
liveFilters();
