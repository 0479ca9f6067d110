import type { Caller } from '../http/routes.js';

export interface TokenVerifier {
  /**
   * @param authorization the value of the Authorization header
   * @throws kitErrors.unauthenticated if there is none, kitErrors.invalidToken if it does not hold
   */
  verify(authorization: string | undefined): Promise<Caller>;
}
