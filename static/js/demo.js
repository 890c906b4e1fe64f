// The demo's mailbox page: says when a new mail is there, and shows it at once unless the newcomer is writing.
const { account, newest } = document.body.dataset;
const writing = () => [...document.querySelectorAll('details[open] textarea')].some(t => t.value.trim() !== '');

async function wait() {
  for (let pause = 1000; ;) {
    try {
      const r = await fetch(`/demo/mailbox/news?account=${encodeURIComponent(account)}&after=${newest}`);
      if (r.status === 200) return arrived();
      if (r.status !== 204) return;
      pause = 1000;
    } catch {
      await new Promise(done => setTimeout(done, pause));
      pause = Math.min(pause * 2, 15000);
    }
  }
}

function arrived() {
  const url = `/demo/mailbox?account=${encodeURIComponent(account)}`;
  if (!writing()) return location.replace(url);
  const line = document.querySelector('.fresh');
  line.querySelector('a').href = url;
  line.hidden = false;
}

wait();
