import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

// What the gateway is measured against: Express and http-proxy-middleware with a kept-alive agent, and nothing else.
const app = express();
app.use(
  createProxyMiddleware({
    target: process.env.UPSTREAM ?? '',
    changeOrigin: true,
    agent: new Agent({ keepAlive: true }),
  }),
);
app.listen(Number(process.env.PORT), '127.0.0.1');
