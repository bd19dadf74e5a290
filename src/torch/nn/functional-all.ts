// `functional` of opcount/nn: all functions of torch.nn.functional that are known, and some of `torch`.
export * from './functional.js';
export * from './functional-loss.js';
export * from './functional-more.js';
export * from './functional-pool.js';
