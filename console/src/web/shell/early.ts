import { applyTheme, readTheme } from './theme.js';

// Runs before the first paint, so that a dark page never flashes white.
applyTheme(readTheme());
