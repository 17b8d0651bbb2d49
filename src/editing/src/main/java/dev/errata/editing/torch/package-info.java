/** The thin edge to DJL and PyTorch: scopes, data types, TorchScript kernels. */
package dev.errata.editing.torch;
