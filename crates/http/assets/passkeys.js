// Passkeys: asks the server what to ask for, has the browser ask the authenticator, and sends what that says as a form.
"use strict";

(() => {
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  /// What the browser understands of what the server says.
  const readOptions = (options) => {
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const known of options.excludeCredentials ?? []) known.id = toBytes(known.id);
    return options;
  };

  /// What the server understands of what the browser says.
  const writeCredential = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = toText(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
  };

  const askServer = async (url) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded" },
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    return said;
  };

  const describe = (error) => {
    if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
    if (error.name === "NotAllowedError") return "No passkey was chosen, or it took too long. Try again.";
    return `That did not work: ${error.message || "try again"}`;
  };

  const run = async (place) => {
    const { passkey: kind, options: url, action } = place.dataset;
    const { passkey, options } = await askServer(url);
    const publicKey = readOptions(options.publicKey);
    const credential = await navigator.credentials[kind === "create" ? "create" : "get"]({ publicKey });
    const form = document.createElement("form");
    form.method = "post";
    form.action = action;
    const fields = { passkey, credential: writeCredential(credential) };
    for (const input of place.querySelectorAll("input")) fields[input.name] = input.value;
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    }
    document.body.append(form);
    form.submit();
  };

  for (const place of document.querySelectorAll("[data-passkey]")) {
    const button = place.querySelector("button");
    const mistake = place.querySelector("[role=alert]");
    if (!window.PublicKeyCredential) continue;
    place.querySelector("[data-without]").hidden = true;
    place.querySelector("[data-with]").hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      mistake.hidden = true;
      try {
        await run(place);
      } catch (error) {
        mistake.textContent = describe(error);
        mistake.hidden = false;
        button.disabled = false;
        button.focus();
      }
    });
  }
})();
