// What may hide in the text of an error: a driver quotes the document, an HTTP client the URL, a parser the input.
// Each pattern is bounded, so that a hostile text cannot make it slow.
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{1,40}-----[\s\S]*?(?:-----END [A-Z ]{1,40}-----|$)/g, '[key]'],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, '[token]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/\$argon2[^\s"']+/g, '[hash]'],
  [/(:\/\/)[^\s/@"']{1,256}@/g, '$1[redacted]@'],
  [/([\w/.:%-]{1,512})\?[\w%.~-]+=[^\s"'`<>)\]]*/g, '$1?[redacted]'],
  [/(dup key: )\{[^\n]*\}/g, '$1[redacted]'],
  [
    /(\w{0,40}(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|service[_-]?key|authorization|cookie|cvv|card)\w{0,40}["']?\s{0,3}[:=]\s{0,3})(?:"[^"]*"|'[^']*'|[^\s,;&)}\]]+)/gi,
    '$1[redacted]',
  ],
  [/[\p{L}\p{N}._+'-]{1,64}(?:@|%40)[\p{L}\p{N}.-]{1,253}\.\p{L}{2,24}/gu, '[e-mail]'],
  [/\b\d(?:[ -]?\d){12,18}\b/g, '[digits]'],
  // Opaque secrets: long, and mixed as only random text is. Paths, UUIDs and trace ids are not.
  [/\b(?=[\w-]{0,256}\d)(?=[\w-]{0,256}[a-z])(?=[\w-]{0,256}[A-Z])[\w-]{32,}/g, '[secret]'],
  [/\b[0-9a-f]{48,}\b/gi, '[secret]'],
];

const LONGEST_INPUT = 16_384;

/** The text without what must never be in a log, span or metric, cut to `maxLength` characters. */
export const redact = (text: string, maxLength: number): string => {
  let clean = text.slice(0, Math.min(LONGEST_INPUT, maxLength * 4));
  for (const [pattern, replacement] of rules) clean = clean.replace(pattern, replacement);
  return cut(clean, maxLength);
};

/** At most `maxLength` characters, the last one an ellipsis if some are missing. */
export const cut = (text: string, maxLength: number): string => {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 2);
  const isHalfPair = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, isHalfPair ? maxLength - 2 : maxLength - 1)}…`;
};
