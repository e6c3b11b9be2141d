// Passkeys: the form asks the portal what to ask the device, puts the device's answer into its field, and is sent like any other form.

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const named = (keys = []) => keys.map((key) => ({ ...key, id: toBytes(key.id) }));

const optionsFor = {
  get: (options) => ({ ...options, challenge: toBytes(options.challenge), allowCredentials: named(options.allowCredentials) }),
  create: (options) => ({
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  }),
};

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

const written = (credential) => {
  const response = {};
  for (const part of PARTS) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
};

const ask = async (form) => {
  // With what was typed: whoever has to prove first who they are finds it again afterwards.
  const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
  // Led elsewhere: to prove who one is first, or to sign in again.
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.ok) throw new Error(answer.status);
  const act = form.dataset.passkey;
  const credential = await navigator.credentials[act]({ publicKey: optionsFor[act](await answer.json()) });
  form.elements.credential.value = written(credential);
  return form.submit();
};

if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-passkeys]").forEach(async (field) => {
    if (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.()) field.value = "yes";
  });
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const trouble = form.querySelector("[data-passkey-trouble]");
    let asking = false;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (asking) return;
      asking = true;
      trouble.hidden = true;
      try {
        await ask(form);
      } catch {
        // Cancelled, too late, no such key: the device does not say which.
        trouble.hidden = false;
      }
      asking = false;
    });
  });
}
