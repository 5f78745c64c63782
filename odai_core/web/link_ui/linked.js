// Tells ODAI's own pages that an account was linked, and closes the window it was linked in.

// Only pages of this origin hear a BroadcastChannel; an opener may be gone after the way through another site.
const news = new BroadcastChannel("odai-accounts");
news.postMessage({ type: "linked", service: document.body.dataset.service });
news.close();
window.close();
