// @ts-check
import { T } from "./texts.js";

const LOCALE = "en";

/** @param {number} value @param {string} [currency] */
export function money(value, currency) {
  const number = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(value);
  return currency ? `${currency} ${number}` : number;
}

/** "EUR 3.00 / month". @param {number} value @param {string | undefined} currency @param {string | undefined} periodicity */
export function price(value, currency, periodicity) {
  const period = periodicity ? T.period(periodicity) : "";
  return period ? `${money(value, currency)} / ${period}` : money(value, currency);
}

/** Date and time in the reader's own zone. @param {string | undefined} value */
export function time(value) {
  const date = value ? new Date(value) : null;
  if (!date || Number.isNaN(date.getTime())) return T.none;
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/** A calendar day, such as a billing date: it has no zone. @param {string | undefined} value */
export function day(value) {
  const date = value ? new Date(`${value.slice(0, 10)}T00:00:00Z`) : null;
  if (!date || Number.isNaN(date.getTime())) return T.none;
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" }).format(date);
}
