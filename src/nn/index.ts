export { ModuleDict, ModuleList, Sequential } from './containers.js';
export { Linear } from './linear.js';
export { type AnyModule, isModule, Module } from './module.js';
export { type InputSpec, readModule } from './read.js';
export { Buffer, int, Parameter, Tensor, tensor } from './tensor.js';
