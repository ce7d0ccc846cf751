package io.selvage.protocol.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * Settings in layers, each above the ones before it: defaults, conf/selvage.yaml, -D options, the job's own. Immutable;
 * every layer is checked whole when it is added, so that a typo shows before anything is started.
 */
public final class Configuration {
    /** A setting as it was written, and where. */
    private record Setting(String text, String origin) {}

    private static final Configuration DEFAULTS = new Configuration(Map.of());

    private final Map<String, Setting> settings;

    private Configuration(Map<String, Setting> settings) {
        this.settings = settings;
    }

    /** Nothing is set. */
    public static Configuration defaults() {
        return DEFAULTS;
    }

    /**
     * These settings above the ones here.
     *
     * @param origin where they are from, as the user knows it: "from -D", "from the program"
     * @throws ConfigException if a key is unknown or a value not allowed
     */
    public Configuration with(Map<String, String> layer, String origin) {
        Map<String, Setting> settingsOfLayer = new LinkedHashMap<>();
        layer.forEach((name, text) -> settingsOfLayer.put(name, new Setting(text, origin)));
        return with(settingsOfLayer);
    }

    /** These settings above those. */
    public Configuration above(Configuration below) {
        return below.with(settings);
    }

    private Configuration with(Map<String, Setting> layer) {
        Map<String, Setting> merged = new TreeMap<>(settings);
        layer.forEach((name, setting) -> {
            ConfigKey<?> key = KnownKeys.keyOrThrow(name, setting.origin());
            ApplicationConfig.requireUserBeforeGroups(key, setting.text(), setting.origin());
            String trimmed = setting.text().strip();
            key.parse(trimmed, setting.origin());
            merged.put(key.name(), new Setting(trimmed, setting.origin()));
        });
        return new Configuration(Collections.unmodifiableMap(merged));
    }

    /**
     * A YAML file's settings above the ones here; nested keys and dotted keys mean the same.
     *
     * @throws ConfigException if the file can't be read or is no YAML, a key is unknown or a value not allowed
     */
    public Configuration withYaml(Path file) {
        String origin = "in " + file;
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException missing) {
            throw new ConfigException("There is no configuration file " + file + ".", missing);
        } catch (IOException unreadable) {
            throw new ConfigException(
                    "The configuration file " + file + " can't be read: " + unreadable.getMessage() + ".", unreadable);
        }
        return with(flatten(text, origin));
    }

    /**
     * The settings of {@code -D key=value} options above the ones here.
     *
     * @throws ConfigException also if an option has no {@code =}
     */
    public Configuration withOptions(Collection<String> options) {
        Map<String, String> layer = new LinkedHashMap<>();
        for (String option : options) {
            int equals = option.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("-D " + option + " has no value: write -D key=value.");
            }
            layer.put(option.substring(0, equals).strip(), option.substring(equals + 1));
        }
        return with(layer, "from -D");
    }

    public <T> T get(ConfigKey<T> key) {
        Setting setting = settings.get(key.name());
        return setting == null ? key.defaultValue() : key.parse(setting.text(), setting.origin());
    }

    /** The environment variables that are set, or the resource types, by their names. */
    public Map<String, String> get(NamedKeys keys) {
        Map<String, String> named = new TreeMap<>();
        settings.forEach((key, setting) -> keys.nameIn(key).ifPresent(name -> named.put(name, setting.text())));
        return Collections.unmodifiableMap(named);
    }

    /**
     * Where the setting is from, as the user knows it: "in /opt/selvage/conf/selvage.yaml, line 3", "from -D". Empty:
     * it is the default.
     */
    public Optional<String> origin(ConfigKey<?> key) {
        return Optional.ofNullable(settings.get(key.name())).map(Setting::origin);
    }

    /** Where each of {@link #settings()} is from. */
    public Map<String, String> origins() {
        Map<String, String> origins = new TreeMap<>();
        settings.forEach((name, setting) -> origins.put(name, setting.origin()));
        return Collections.unmodifiableMap(origins);
    }

    public boolean isSet(ConfigKey<?> key) {
        return settings.containsKey(key.name());
    }

    /** What is set, defaults left out: what travels from the client to the other processes. */
    public Map<String, String> settings() {
        Map<String, String> texts = new TreeMap<>();
        settings.forEach((name, setting) -> texts.put(name, setting.text()));
        return Collections.unmodifiableMap(texts);
    }

    /** What is set for that scope, defaults left out. */
    public Map<String, String> settings(Scope scope) {
        Map<String, String> texts = new TreeMap<>();
        settings.forEach((name, setting) -> {
            if (KnownKeys.keyOrThrow(name, setting.origin()).scope() == scope) {
                texts.put(name, setting.text());
            }
        });
        return Collections.unmodifiableMap(texts);
    }

    @Override
    public String toString() {
        return settings().toString();
    }

    private static Map<String, Setting> flatten(String yaml, String origin) {
        // The failsafe schema leaves every scalar as the text that was written: 1g, 010 and yes stay what they are.
        LoadSettings load =
                LoadSettings.builder().setSchema(new FailsafeSchema()).build();
        Map<String, Setting> flat = new LinkedHashMap<>();
        try {
            for (Node document : new Compose(load).composeAllFromString(yaml)) {
                flattenInto(flat, "", document, origin);
            }
        } catch (YamlEngineException malformed) {
            throw new ConfigException(
                    "This is not YAML (" + origin + "): "
                            + Objects.requireNonNullElse(malformed.getMessage(), "no detail")
                                    .strip()
                                    .replaceAll("\\s+", " ")
                            + ".",
                    malformed);
        }
        return flat;
    }

    private static void flattenInto(Map<String, Setting> flat, String name, Node node, String origin) {
        String here = origin
                + node.getStartMark()
                        .map(mark -> ", line " + (mark.getLine() + 1))
                        .orElse("");
        if (node.isRecursive()) {
            throw new ConfigException("\"" + name + "\" holds itself (" + here + "); a setting has one value.");
        } else if (node instanceof MappingNode map) {
            for (NodeTuple entry : map.getValue()) {
                String key = entry.getKeyNode() instanceof ScalarNode text ? text.getValue() : "?";
                flattenInto(flat, name.isEmpty() ? key : name + "." + key, entry.getValueNode(), origin);
            }
        } else if (!(node instanceof ScalarNode)) {
            throw new ConfigException("\"" + name + "\" is a list (" + here + "); a setting has one value.");
        } else if (name.isEmpty()) {
            throw new ConfigException(
                    "There is text without a key (" + here + "); write one \"key: value\" in a line.");
        } else if (flat.put(name, new Setting(((ScalarNode) node).getValue(), here)) != null) {
            throw new ConfigException("\"" + name + "\" is set twice (" + here + "); leave one of them.");
        }
    }
}
