import { mongooseSchema } from '@glasshouse/service-kit';
import type { ActiveCustomer, Address, Customer } from '../domain.js';

export interface CustomerDocument {
  _id: string;
  state: Customer['state'];
  version: number;
  /** Normalised; a closed customer has a placeholder of its own, so that the address is free again. */
  email: string;
  name?: string | undefined;
  address?: Address | undefined;
  createdAt: Date;
  /** Only while a registration or deletion is unfinished: when it began, and when somebody last took it up. */
  beganAt?: Date | undefined;
  claimedAt?: Date | undefined;
}

const addressSchema = mongooseSchema<Address>(
  {
    street: { type: String, required: true },
    city: { type: String, required: true },
    postalCode: { type: String, required: true },
    country: { type: String, required: true },
  },
  { _id: false },
);

/** One index for the list, newest first; one for the recovery, longest untouched first. */
export const createCustomerSchema = () =>
  mongooseSchema<CustomerDocument>({
    _id: { type: String, required: true },
    state: { type: String, required: true },
    version: { type: Number, required: true },
    email: { type: String, required: true, unique: true },
    name: String,
    address: { type: addressSchema },
    createdAt: { type: Date, required: true },
    beganAt: Date,
    claimedAt: Date,
  })
    .index({ state: 1, createdAt: -1, _id: -1 })
    .index({ state: 1, claimedAt: 1 });

export const toCustomer = (document: CustomerDocument): Customer => {
  const { _id: id, state, version, claimedAt = new Date(0) } = document;
  if (state === 'CLOSING' || state === 'CLOSED') return { state, id, version };
  const active = toActive(document);
  return state === 'PENDING' ? { ...active, state, claimedAt } : active;
};

export const toActive = ({
  _id: id,
  version,
  email,
  name = '',
  address,
  createdAt,
}: CustomerDocument): ActiveCustomer => ({
  state: 'ACTIVE',
  id,
  version,
  email,
  name,
  ...(address === undefined ? {} : { address }),
  createdAt,
});
