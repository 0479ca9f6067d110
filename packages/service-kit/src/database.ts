import mongoose from 'mongoose';

export interface Database {
  readonly connection: mongoose.Connection;
  /** The collection has the model's name. */
  model<T>(name: string, schema: mongoose.Schema<T>): mongoose.Model<T>;
}

/** A duplicate key (MongoDB code 11000): somebody was first. */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof mongoose.mongo.MongoServerError && error.code === 11_000;

/** A schema that refuses unknown fields, keeps no version key and no timestamps of its own. */
export const mongooseSchema = <T>(
  definition: mongoose.SchemaDefinition<T>,
  options: mongoose.SchemaOptions = {},
): mongoose.Schema<T> =>
  new mongoose.Schema(definition as mongoose.SchemaDefinition, {
    strict: 'throw',
    versionKey: false,
    ...options,
  }) as unknown as mongoose.Schema<T>;
