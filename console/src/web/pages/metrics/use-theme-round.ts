import { useEffect, useState } from 'preact/hooks';

/** A number that changes with the colours: by the person's choice, or by the device's. */
export const useThemeRound = (): number => {
  const [round, setRound] = useState(0);
  useEffect(() => {
    const device = matchMedia('(prefers-color-scheme: dark)');
    const change = (): void => setRound((count) => count + 1);
    window.addEventListener('glasshouse:theme', change);
    device.addEventListener('change', change);
    return () => {
      window.removeEventListener('glasshouse:theme', change);
      device.removeEventListener('change', change);
    };
  }, []);
  return round;
};
