import { defineError } from '@glasshouse/service-kit';

/** Every refusal of this service that is not one of the kit's own. */
export const errors = {
  productNotFound: defineError({
    kind: 'not_found',
    code: 'product_not_found',
    message: 'There is no product with this SKU.',
  }),
  skuTaken: defineError({ kind: 'conflict', code: 'sku_taken', message: 'A product with this SKU already exists.' }),
  productHasHolds: defineError({
    kind: 'conflict',
    code: 'product_has_holds',
    message: 'Orders in progress hold stock of this product.',
  }),
  stockBelowZero: defineError({
    kind: 'conflict',
    code: 'stock_below_zero',
    message: 'The change would take more than is available.',
  }),
  ifMatchRequired: defineError({
    kind: 'precondition_required',
    code: 'if_match_required',
    message: 'Send the ETag of the product you read in If-Match.',
  }),
  versionMismatch: defineError({
    kind: 'precondition_failed',
    code: 'version_mismatch',
    message: 'The product has changed since it was read.',
  }),
  outOfStock: defineError({ kind: 'conflict', code: 'out_of_stock', message: 'Not enough stock.' }),
  holdSettled: defineError({
    kind: 'conflict',
    code: 'hold_settled',
    message: 'This order is already settled for this SKU.',
  }),
  holdMismatch: defineError({
    kind: 'unprocessable',
    code: 'hold_mismatch',
    message: 'This order already holds another quantity of this SKU.',
  }),
  commitLost: defineError({
    kind: 'conflict',
    code: 'commit_lost',
    message: 'There is no hold to commit for this order.',
  }),
};
