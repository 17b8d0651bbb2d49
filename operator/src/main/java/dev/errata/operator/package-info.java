/** The operator: reconciles models and edit jobs with what runs in the cluster. */
package dev.errata.operator;
