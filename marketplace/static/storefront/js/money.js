// Amounts in whole minor units, written as the server writes them.

const formats = new Map();

function formatOf(currency) {
  if (!formats.has(currency)) {
    formats.set(currency, new Intl.NumberFormat("en", {
      style: "currency", currency, currencyDisplay: "narrowSymbol",
    }));
  }
  return formats.get(currency);
}

/** Return an amount: ¥1,039.90. */
export function formatMoney({ amount, currency }) {
  const format = formatOf(currency);
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}
