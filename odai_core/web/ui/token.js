// The token a page speaks with: from the server for a person at its machine, else pasted, and kept until the tab closes.

const STORED = "odai-token";

export class Token {
  // form: a #token-form as in the pages; onGiven() when somebody has pasted one.
  constructor(form, onGiven) {
    this.form = form;
    this.value = document.querySelector('meta[name="odai-token"]')?.content || sessionStorage.getItem(STORED) || "";
    const field = form.querySelector("input");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.value = field.value.trim();
      sessionStorage.setItem(STORED, this.value);
      field.value = "";
      form.hidden = true;
      onGiven();
    });
  }

  ask() {
    this.form.hidden = false;
    this.form.querySelector("input").focus();
  }

  // It was refused.
  forget() {
    this.value = "";
    sessionStorage.removeItem(STORED);
  }
}
