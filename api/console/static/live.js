// The live feed: says live, late or lost, patches the rows on screen, and tells htmx when figures are worth fetching.
(() => {
  const badge = document.getElementById("live");
  if (!badge) return;
  const words = badge.dataset;
  const LATE_MS = 5000, LOST_MS = 20000, FIGURES_MS = 10000, MINUTE_MS = 60000;
  let source = null, lastBeat = Date.now(), figuresAt = 0, minuteAt = Date.now(), hasNews = false, isSignedOut = false;

  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name));

  function show(state, text) {
    if (badge.dataset.state !== state) {
      badge.dataset.state = state;
      document.documentElement.dataset.live = state;
    }
    const label = badge.querySelector("span");
    if (label.textContent !== text) label.textContent = text;
  }

  function localTime(iso, like) {
    const offset = like ? like.querySelector("small").textContent : "+00:00";
    const sign = offset[0] === "-" ? -1 : 1;
    const minutes = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
    return new Date(Date.parse(iso) + minutes * 60000).toISOString().slice(0, 19).replace("T", " ");
  }

  function patch(meter) {
    const row = document.querySelector(`tr[data-installation="${meter.installation}"]`);
    if (!row) return;
    const time = row.querySelector(".is-heard time");
    if (time) {
      time.dateTime = meter.received_at;
      time.firstChild.textContent = localTime(meter.received_at, time);
      row.querySelector(".is-age").textContent = words.justNow;
    }
    if (!time || !row.querySelector(".is-state .is-disc")) minuteAt = 0; // it is back: fetch what it is now
    row.classList.remove("fresh");
    requestAnimationFrame(() => requestAnimationFrame(() => row.classList.add("fresh")));
  }

  function onBeat(event) {
    lastBeat = Date.now();
    show("live", words.live);
    const meters = JSON.parse(event.data).meters;
    meters.forEach(patch);
    hasNews ||= meters.length > 0;
  }

  function open() {
    if (source || isSignedOut) return;
    source = new EventSource(words.feed);
    source.addEventListener("beat", onBeat);
    source.addEventListener("readings", onBeat);
    source.addEventListener("signed_out", () => { isSignedOut = true; close(); show("lost", words.signedOut); });
    source.addEventListener("failed", () => show("lost", words.lost));
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  function tick() {
    if (document.hidden || isSignedOut) return;
    const silence = Date.now() - lastBeat;
    if (silence > LOST_MS) show("lost", words.lost);
    else if (silence > LATE_MS) show("late", words.late.replace("{n}", Math.round(silence / 1000)));
    if (source && source.readyState === EventSource.CLOSED) { close(); open(); }
    if (silence > LATE_MS) return;
    if (Date.now() - minuteAt > MINUTE_MS) {
      minuteAt = Date.now();
      hasNews = true;
      tell("headend:minute");
    }
    if (hasNews && Date.now() - figuresAt > FIGURES_MS) {
      figuresAt = Date.now();
      hasNews = false;
      tell("headend:changed");
    }
  }

  // browsers allow few connections to one server: a tab that nobody sees keeps none
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { close(); return; }
    lastBeat = Date.now();
    open();
    tell("headend:changed");
    tell("headend:minute");
  });
  window.addEventListener("pagehide", close);
  setInterval(tick, 1000);
  if (!document.hidden) open();
})();
