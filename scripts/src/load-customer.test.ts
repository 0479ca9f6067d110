import { createLoadCustomer } from './load-customer.js';

const start = 1_800_000_000;
const lifetime = 300;

const create = async () => {
  let seconds = start;
  let isDown = false;
  let logins = 0;
  const shop = {
    register: async () => ({ email: 'a@glasshouse.test', password: 'secret' }),
    login: async () => {
      if (isDown) throw new Error('the shop is down');
      logins++;
      const claims = Buffer.from(JSON.stringify({ iat: seconds, exp: seconds + lifetime, n: logins }));
      return `header.${claims.toString('base64url')}.signature`;
    },
  };
  const customer = await createLoadCustomer(shop, () => seconds * 1_000);
  return {
    customer,
    logins: () => logins,
    pass: (more: number) => {
      seconds += more;
    },
    setDown: (value: boolean) => {
      isDown = value;
    },
  };
};

test('a customer logs in again before the token ends, once however many ask', async () => {
  const { customer, logins, pass } = await create();
  const first = await customer.token();
  pass(199);
  expect(await customer.token()).toBe(first);
  pass(2);
  const [second, third] = await Promise.all([customer.token(), customer.token()]);
  expect(second).not.toBe(first);
  expect(third).toBe(second);
  expect(logins()).toBe(2);
});

test('a login that fails is tried again by whoever asks next', async () => {
  const { customer, pass, setDown } = await create();
  pass(250);
  setDown(true);
  await expect(customer.token()).rejects.toThrow('down');
  setDown(false);
  expect(await customer.token()).toContain('.signature');
});
