export { createDocumentStore, type DocumentStore, type DocumentStoreOptions } from './document-store.js';
export { DamagedDataError } from './storage/engine.js';
