export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'glasshouse.theme';

/** What the person chose last; `system` follows the device. */
export const readTheme = (): Theme => {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? 'system';
  } catch {
    // A browser may forbid storage.
    return 'system';
  }
};

export const applyTheme = (theme: Theme): void => {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = theme;
};

export const chooseTheme = (theme: Theme): void => {
  applyTheme(theme);
  // Charts draw on a canvas, where styles do not reach.
  window.dispatchEvent(new Event('glasshouse:theme'));
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It lasts until the page is closed then.
  }
};
