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

/** A share as whole cases: [8, 10] for 0.8; [number of cases, of how many]. Certainty never has a percent sign. */
export function wholeCases(level) {
  for (const parts of [10, 20, 100]) {
    const share = level * parts;
    if (Math.abs(share - Math.round(share)) < 1e-6) return [Math.round(share), parts];
  }
  return [Math.round(level * 1000), 1000];
}

/** Photos a minute, with a digit behind the point while there are few. */
export function roundedSpeed(perMinute) {
  return perMinute < 10 ? Math.round(perMinute * 10) / 10 : Math.round(perMinute);
}
