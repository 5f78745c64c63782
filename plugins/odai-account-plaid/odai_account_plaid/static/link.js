// Runs Plaid's own script, and hands what it brings to this server.

const { pass, link, script } = document.body.dataset;
const state = document.querySelector(".state");
const button = document.querySelector("button");

async function ask(path, body) {
  const answer = await fetch(`/auth/plaid/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${pass}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message);
  return said;
}

function load(address) {
  return new Promise((resolve, reject) => {
    const foreign = document.createElement("script");
    foreign.src = address;
    foreign.onload = resolve;
    foreign.onerror = () => reject(new Error("Plaid cannot be reached from here. Look at your connection, then reload."));
    document.head.append(foreign);
  });
}

async function keep(publicToken) {
  state.textContent = "Linking your bank...";
  const kept = await ask("set_access_token", link ? { link_id: link } : { public_token: publicToken });
  state.textContent = `${kept.institution} is connected. You can close this window and go back to ODAI.`;
  button.hidden = true;
  const news = new BroadcastChannel("odai-accounts");
  news.postMessage({ type: "linked", service: "plaid" });
  news.close();
}

function sorry(error) {
  state.textContent = error.message;
}

async function begin() {
  await load(script);
  const { link_token: token } = await ask("create_link_token", link ? { link_id: link } : {});
  const handler = window.Plaid.create({
    token,
    onSuccess: (publicToken) => keep(publicToken).catch(sorry),
    onExit: () => { state.textContent = "Nothing was connected yet."; },
  });
  state.textContent = "";
  button.hidden = false;
  button.addEventListener("click", () => handler.open());
}

begin().catch(sorry);
