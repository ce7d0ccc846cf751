package io.selvage.api.graph;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.Serializable;
import java.util.Map;

/**
 * Definitions as bytes. Only the client writes them and only an executor opens them, under the job's class loader: they
 * are part of the user's program as much as its jar is, and come through HDFS with it.
 */
public final class Opaque {
    private static final Map<String, Class<?>> PRIMITIVES = Map.of(
            "boolean",
            boolean.class,
            "byte",
            byte.class,
            "short",
            short.class,
            "char",
            char.class,
            "int",
            int.class,
            "long",
            long.class,
            "float",
            float.class,
            "double",
            double.class,
            "void",
            void.class);

    private Opaque() {}

    /** @throws InvalidProgramException if the user's function holds something that cannot travel */
    public static byte[] write(Serializable definition, String operation) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(definition);
        } catch (NotSerializableException e) {
            throw new InvalidProgramException("In " + operation + ": the function holds a " + e.getMessage()
                    + ", which cannot travel to the cluster. Create it in open(), make the field transient, or make"
                    + " its class Serializable.");
        } catch (IOException e) {
            throw new InvalidProgramException("In " + operation + ": the function cannot be written: " + e);
        }
        return bytes.toByteArray();
    }

    /** @throws InvalidProgramException if a class of the definition is not to be found in the loader */
    public static Object read(byte[] bytes, ClassLoader loader, String operation) {
        try (ObjectInputStream in = new LoaderInputStream(bytes, loader)) {
            return in.readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new InvalidProgramException("In " + operation + ": the definition cannot be opened: " + e
                    + ". Is every class of the program in its jar?");
        }
    }

    private static final class LoaderInputStream extends ObjectInputStream {
        private final ClassLoader loader;

        LoaderInputStream(byte[] bytes, ClassLoader loader) throws IOException {
            super(new ByteArrayInputStream(bytes));
            this.loader = loader;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
            Class<?> primitive = PRIMITIVES.get(description.getName());
            return primitive != null ? primitive : Class.forName(description.getName(), false, loader);
        }
    }
}
