// Numbers and dates as a language writes them.

/** Ways of one language, "en" or "de": `digits(1234)`, `decimal(4.26)`, `count(2, 'photo', 'photos')`, `date(new Date())`. */
export function formats(language) {
  const numbers = new Intl.NumberFormat(language);
  const plural = new Intl.PluralRules(language);
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'long' });
  const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const digits = (value) => numbers.format(value);
  return {
    digits,
    decimal: (value) => tenths.format(value),
    count: (value, one, other) => `${digits(value)} ${plural.select(value) === 'one' ? one : other}`,
    date: (value) => dates.format(value),
  };
}

/** A share as cases, as Python counts them (engine/phrases.py): [8, 10] for 0.8. Certainty never has a percent sign. */
export function asCases(level) {
  const all = Math.abs(level * 10 - Math.round(level * 10)) < 1e-9 ? 10 : 100;
  return [level * all, all];
}

/** Photos a minute, with a digit behind the point while there are few. */
export function roundedSpeed(perMinute) {
  return perMinute < 10 ? Math.round(perMinute * 10) / 10 : Math.round(perMinute);
}
