const main = document.getElementById('watched'), link = document.getElementById('link'), calm = link.textContent;
let seen = '';
async function look() {
  let wait = 1500;
  try {
    const answer = await fetch('state', { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.status);
    const state = await answer.json();
    if (state.html !== seen) {
      const places = [...main.querySelectorAll('[tabindex]')].map((box) => [box.scrollLeft, box.scrollTop]);
      main.innerHTML = seen = state.html;
      [...main.querySelectorAll('[tabindex]')].forEach((box, i) => places[i] && box.scrollTo(...places[i]));
      document.title = state.title;
    }
    link.className = '';
    link.textContent = state.over ? 'The run is over, and this page rests.' : calm;
    if (state.over) return;
    if (!state.running) wait = 4000;
  } catch (error) {
    link.className = 'lost';
    link.textContent = 'Nobody answers any more: `lepton-gpu watch` has ended. The run may go on.';
    wait = 4000;
  }
  setTimeout(look, wait);
}
look();
