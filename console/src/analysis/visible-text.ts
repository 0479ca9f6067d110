/**
 * Text that comes from a log or span, made safe to look at: control characters, and those that change the direction of
 * text or have no width (Unicode TR 36, section 2.4), are shown as symbols instead of doing what they do.
 */
export const toVisibleText = (text: string, { keepLines = false }: { readonly keepLines?: boolean } = {}): string =>
  text.replaceAll(hidden, (character) => (keepLines && /[\n\t]/.test(character) ? character : toSymbol(character)));

/** Control and format characters, separators of lines and paragraphs, and halves of a surrogate pair. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The pictures of the control characters stand at U+2400; the others are named by their number. */
const toSymbol = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
};
