package io.selvage.protocol.config;

import java.util.List;

/**
 * How a program's classes are found beside Selvage's own.
 *
 * @param order for classes that both have
 * @param sharedPackages Selvage's whatever the order, as prefixes of class names, beside those that always are
 */
public record ClassLoading(ClassLoaderOrder order, List<String> sharedPackages) {
    public static final ClassLoading DEFAULT = from(Configuration.defaults());

    public ClassLoading {
        sharedPackages = List.copyOf(sharedPackages);
    }

    public static ClassLoading from(Configuration configuration) {
        List<String> packages = configuration.get(JobConfig.CLASSLOADER_SHARED_PACKAGES).stream()
                .map(name -> name + ".")
                .toList();
        return new ClassLoading(configuration.get(JobConfig.CLASSLOADER_ORDER), packages);
    }
}
