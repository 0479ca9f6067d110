export { createDocumentStore, type DocumentStore, type DocumentStoreOptions } from './document-store.js';
export { DamagedDataError, DirectoryInUseError } from './storage/engine.js';
