const main = document.getElementById('watched'), link = document.getElementById('link'), calm = link.textContent;
let seen = '';
async function look() {
  let wait = 1500;
  let failed = false;
  try {
    const answer = await fetch('state', { cache: 'no-store' });
    failed = !answer.ok;
    if (failed) throw new Error(await answer.text());
    const state = await answer.json();
    if (state.html !== seen) {
      const places = [...main.querySelectorAll('[tabindex]')].map((box) => [box.scrollLeft, box.scrollTop]);
      main.innerHTML = seen = state.html;
      [...main.querySelectorAll('[tabindex]')].forEach((box, i) => places[i] && box.scrollTo(...places[i]));
      document.title = state.title;
    }
    link.className = '';
    link.textContent = state.over ? 'The run is over; this page no longer updates.' : calm;
    if (state.over) return;
    if (!state.running) wait = 4000;
  } catch (error) {
    link.className = 'lost';
    link.textContent = failed ? 'The log cannot be shown: ' + error.message
      : 'No answer: `lepton-gpu watch` has stopped. The run may still be going.';
    wait = 4000;
  }
  setTimeout(look, wait);
}
look();
