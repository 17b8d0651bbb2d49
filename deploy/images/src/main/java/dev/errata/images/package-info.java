/** Builds the images of operator and worker, without a Docker daemon. */
package dev.errata.images;
