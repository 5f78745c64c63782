// A tool's answer, whatever its shape, as a title, a few facts and a few rows.

const FACTS = 6;
const ROWS = 4;
const ROW_FACTS = 3;
const TEXT = 220;
const NAMES = ["name", "title", "symbol", "headline", "subject", "airline", "date", "day", "time", "label"];
const HIDDEN = /(^|_)(id|ids|uid|lat|lng|lon|latitude|longitude|image|images|img|thumbnail|photo|icon|logo|sample)$/i;
const ADDRESS = /(^|_)(url|link|href|uri)$/i;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value) => ["string", "number", "boolean"].includes(typeof value) && value !== "";

// "price_usd" and "priceUsd" are both "Price usd".
export function label(key) {
  const words = key.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function shown(value) {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return value.toLocaleString(undefined, { maximumFractionDigits: 6 });
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value))) {
    return new Date(value).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
  return value.length > TEXT ? `${value.slice(0, TEXT).trimEnd()}…` : value;
}

function factOf(key, value) {
  if (HIDDEN.test(key) || ADDRESS.test(key)) return null;
  if (isScalar(value)) return [label(key), shown(value)];
  if (Array.isArray(value) && value.length > 0 && value.every(isScalar)) {
    return [label(key), shown(value.slice(0, 5).map(shown).join(", "))];
  }
  return null;
}

function factsOf(object, limit, except = null) {
  const facts = [];
  for (const [key, value] of Object.entries(object)) {
    const fact = key === except ? null : factOf(key, value);
    if (fact) facts.push(fact);
    // {"current": {"temp_c": 18}}: one level down is still a fact of the whole.
    else if (isObject(value)) facts.push(...Object.entries(value).map(([k, v]) => factOf(k, v)).filter(Boolean));
  }
  return facts.slice(0, limit);
}

function addressOf(object) {
  const found = Object.entries(object).find(([key, value]) => ADDRESS.test(key) && typeof value === "string");
  return found ? found[1] : null;
}

function rowOf(object) {
  const key = NAMES.find((name) => isScalar(object[name])) ?? Object.keys(object).find((k) => isScalar(object[k]));
  return {
    title: key ? shown(object[key]) : "",
    facts: factsOf(object, ROW_FACTS, key),
    address: addressOf(object),
  };
}

function listIn(body) {
  if (Array.isArray(body)) return body;
  return Object.values(body).find((value) => Array.isArray(value) && value.some(isObject)) ?? [];
}

// output: a ToolResponse -> {title, text, facts, rows, more, address, linkText, sample, failed}
export function describe(output) {
  const body = output.response;
  const result = {
    title: output.friendly_name || label(output.response_type || "Result"),
    text: "",
    facts: [],
    rows: [],
    more: 0,
    address: null,
    linkText: "Open",
    sample: output.sample === true,
    failed: output.response_type === "error",
  };
  if (isScalar(body)) return { ...result, text: String(body) };
  if (!isObject(body) && !Array.isArray(body)) return result;
  if (result.failed) return { ...result, text: body.message ?? "" };
  if (output.response_type === "account_needed") {
    const account = label(String(body.account_type ?? "account"));
    const text = `Link your ${account} account to use this.`;
    return { ...result, text, address: body.connect_url, linkText: `Link ${account}` };
  }
  const rows = listIn(body).filter(isObject);
  const facts = Array.isArray(body) ? [] : factsOf(body, rows.length > 0 ? ROW_FACTS : FACTS);
  return {
    ...result,
    facts,
    rows: rows.slice(0, ROWS).map(rowOf),
    more: Math.max(0, rows.length - ROWS),
    address: Array.isArray(body) ? null : addressOf(body),
  };
}
