import PDFDocument from 'pdfkit';

/** What stands on an invoice. Amounts are minor units of `currency`. */
export interface Invoice {
  readonly orderNo: string;
  readonly createdAt: Date;
  readonly currency: string;
  readonly total: number;
  readonly lines: readonly {
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly unitPrice: number;
  }[];
}

const margin = 56;
const rowHeight = 22;
/** Left edge and width of each column in points; an A4 page is 595 wide. */
const columns = [
  { title: 'Item', x: margin, width: 90, align: 'left' },
  { title: 'Description', x: 150, width: 180, align: 'left' },
  { title: 'Quantity', x: 335, width: 50, align: 'right' },
  { title: 'Price', x: 390, width: 70, align: 'right' },
  { title: 'Amount', x: 465, width: 74, align: 'right' },
] as const;

/** One A4 page. The same order gives the same bytes, so an invoice fetched twice is the same document. */
export const renderInvoice = async (invoice: Invoice): Promise<Buffer> => {
  const { orderNo, createdAt, currency, lines, total } = invoice;
  const title = `Invoice ${orderNo}`;
  const document = new PDFDocument({
    size: 'A4',
    margin,
    info: { Title: title, Author: 'Glasshouse', CreationDate: createdAt },
  });
  const chunks: Uint8Array[] = [];
  document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  const finished = new Promise<void>((resolve, reject) => document.on('end', resolve).on('error', reject));

  const row = (y: number, cells: readonly string[]): void => {
    for (const [i, { x, width, align }] of columns.entries()) {
      document.text(toPrintable(cells[i] ?? ''), x, y, {
        width,
        align,
        height: rowHeight,
        lineBreak: false,
        ellipsis: true,
      });
    }
  };
  document.font('Helvetica-Bold').fontSize(20).text('Glasshouse', margin, margin);
  document.fontSize(14).text(title, margin, margin + 36);
  document
    .font('Helvetica')
    .fontSize(10)
    .text(`Date: ${createdAt.toISOString().slice(0, 10)}`, margin, margin + 58);

  const top = margin + 100;
  document.font('Helvetica-Bold');
  row(
    top,
    columns.map((column) => column.title),
  );
  document
    .font('Helvetica')
    .moveTo(margin, top + 16)
    .lineTo(539, top + 16)
    .stroke();
  for (const [i, { sku, name, quantity, unitPrice }] of lines.entries()) {
    const amounts = [unitPrice, unitPrice * quantity].map((amount) => formatMoney(amount, currency));
    row(top + rowHeight * (i + 1), [sku, name, String(quantity), ...amounts]);
  }
  const bottom = top + rowHeight * (lines.length + 1);
  document.moveTo(margin, bottom).lineTo(539, bottom).stroke();
  document.font('Helvetica-Bold');
  row(bottom + 8, ['Total', '', '', '', formatMoney(total, currency)]);
  document.font('Helvetica').text('Paid by card. Thank you.', margin, bottom + 44);
  document.end();
  await finished;
  return Buffer.concat(chunks);
};

/** `EUR 25.80`, with as many decimals as the currency has. */
export const formatMoney = (amount: number, currency: string): string => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits).replaceAll('\u00a0', ' ');
};

/** The built-in fonts know Latin-1; what they do not know is shown as a question mark instead of as another sign. */
const toPrintable = (text: string): string => text.replace(/[^\u0020-\u007e\u00a1-\u00ff]/gu, '?');
