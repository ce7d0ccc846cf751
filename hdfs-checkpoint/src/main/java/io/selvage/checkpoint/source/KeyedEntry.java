package io.selvage.checkpoint.source;

/** What one key has in a state; immutable. */
public record KeyedEntry<K, V>(K key, V value) {}
