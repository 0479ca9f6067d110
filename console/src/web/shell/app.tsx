import { useEffect, useState } from 'preact/hooks';
import { Empty } from '../parts/empty.js';
import { AlertsProvider } from './alerts.js';
import { Header } from './header.js';
import { Help } from './help.js';
import { pageKeys, useKeyboard } from './keyboard.js';
import { useLinks } from './link.js';
import { useLocation } from './location.js';
import { findPage } from './pages.js';
import { fetchSettings, SettingsContext } from './settings.js';
import { useQuery } from './use-query.js';

const fallback = { isDemo: false, addresses: { jaeger: '', elasticsearch: '', prometheus: '', gateway: '' } };

/** The frame around every page. */
export const App = () => {
  const { path } = useLocation();
  const { data: settings = fallback } = useQuery(fetchSettings, []);
  const [isHelpOpen, setHelpOpen] = useState(false);
  useLinks();
  useKeyboard(() => setHelpOpen(true));
  const segment = path.split('/')[1] ?? '';
  const name = pageKeys.find((page) => page.path === `/${segment}`)?.name;
  useEffect(() => {
    document.title = name === undefined ? 'Glasshouse' : `${name} · Glasshouse`;
  }, [name]);
  const Page = findPage(path);
  return (
    <SettingsContext.Provider value={settings}>
      <AlertsProvider>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <Header segment={segment} showHelp={() => setHelpOpen(true)} />
        <main id="content" tabIndex={-1}>
          {Page === undefined ? <Empty title={`There is no page ${path}.`} /> : <Page key={segment} />}
        </main>
        {isHelpOpen ? <Help close={() => setHelpOpen(false)} /> : null}
      </AlertsProvider>
    </SettingsContext.Provider>
  );
};
