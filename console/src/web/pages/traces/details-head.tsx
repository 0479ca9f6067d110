import { PlainText } from '../../parts/plain-text.js';

interface DetailsHeadProps {
  readonly title: string;
  readonly service: string;
  readonly close: () => void;
}

export const DetailsHead = ({ title, service, close }: DetailsHeadProps) => (
  <header>
    <h2>
      <span class="muted">{service}</span> <PlainText text={title} />
    </h2>
    <button type="button" class="icon-button" aria-label="Close the details" onClick={close}>
      ×
    </button>
  </header>
);
