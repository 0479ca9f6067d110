import { inflateSync } from 'node:zlib';
import { formatMoney, type Invoice, renderInvoice } from './render.js';

const invoice: Invoice = {
  orderNo: 'G-2026-7K3M9Q',
  createdAt: new Date('2026-01-01T12:00:00Z'),
  currency: 'EUR',
  total: 2580,
  lines: [{ sku: 'TEA-001', name: 'Assam', quantity: 2, unitPrice: 1290 }],
};

/** The text that a page shows: its streams are deflated, its strings are in hexadecimal, cut where letters are kerned. */
const textOf = (pdf: Buffer): string => {
  const streams = [...pdf.toString('latin1').matchAll(/stream\n(.*?)\nendstream/gs)];
  const content = streams
    .map(([, body = '']) => inflateSync(Buffer.from(body, 'latin1')).toString('latin1'))
    .join('\n');
  const shown = [...content.matchAll(/\[(.*?)\] TJ/g)].map(([, parts = '']) =>
    [...parts.matchAll(/<([0-9a-f]*)>/g)].map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1')).join(''),
  );
  return shown.join('\n');
};

test('an invoice is one page of PDF with number, lines and total', async () => {
  const pdf = await renderInvoice(invoice);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(pdf.subarray(-6).toString().trim()).toBe('%%EOF');
  expect(pdf.toString('latin1')).toContain('/Count 1');
  expect(textOf(pdf).split('\n')).toEqual(
    expect.arrayContaining(['Invoice G-2026-7K3M9Q', 'TEA-001', 'Assam', '2', 'EUR 12.90', 'EUR 25.80']),
  );
});

test('the same order gives the same bytes', async () => {
  expect((await renderInvoice(invoice)).equals(await renderInvoice(invoice))).toBe(true);
});

test('twenty lines with the longest names fit on the page', async () => {
  const line = { sku: 'S'.repeat(64), name: 'Wide '.repeat(24), quantity: 1_000, unitPrice: 100_000 };
  const pdf = await renderInvoice({ ...invoice, lines: Array.from({ length: 20 }, () => line) });
  expect(pdf.toString('latin1')).toContain('/Count 1');
});

test('a letter that the font does not know is a question mark', async () => {
  const pdf = await renderInvoice({ ...invoice, lines: [{ ...invoice.lines[0], name: 'Grün 茶' } as never] });
  expect(textOf(pdf)).toContain('Grün ?');
});

test('money is written with the decimals of its currency', () => {
  expect(formatMoney(123_456, 'EUR')).toBe('EUR 1,234.56');
  expect(formatMoney(500, 'JPY')).toBe('JPY 500');
});
