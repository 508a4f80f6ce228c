import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;

/** Reads with parquet-java, as Hive and old Sparks do. Arguments: datasets as NAME=DIRECTORY; prints as common.py does. */
public class ReadParquet {
    public static void main(String[] arguments) {
        List<String> results = Stream.of(arguments).map(ReadParquet::describe).collect(Collectors.toList());
        System.out.println("{" + String.join(", ", results) + "}");
    }

    private static String describe(String argument) {
        String[] parts = argument.split("=", 2);
        String result;
        try {
            result = read(parts[1]).entrySet().stream()
                    .map(column -> quote(column.getKey()) + ": [" + column.getValue()[0] + ", " + column.getValue()[1] + "]")
                    .collect(Collectors.joining(", "));
        } catch (Exception | LinkageError error) {
            result = quote("error") + ": " + quote(error.toString());
        }
        return quote(parts[0]) + ": {" + result + "}";
    }

    private static Map<String, long[]> read(String directory) throws IOException {
        Map<String, long[]> sums = new LinkedHashMap<>();
        for (java.nio.file.Path file : list(directory)) {
            Path path = new Path(file.toUri());
            try (ParquetReader<Group> reader = ParquetReader.builder(new GroupReadSupport(), path).build()) {
                for (Group row = reader.read(); row != null; row = reader.read()) {
                    for (Type column : row.getType().getFields()) {
                        long[] sum = sums.computeIfAbsent(column.getName(), name -> new long[2]);
                        sum[0] += 1;
                        sum[1] += countAs(row, column.asPrimitiveType());
                    }
                }
            }
        }
        return sums;
    }

    private static List<java.nio.file.Path> list(String directory) throws IOException {
        try (Stream<java.nio.file.Path> files = Files.walk(java.nio.file.Path.of(directory))) {
            return files.filter(file -> file.toString().endsWith(".parquet")).collect(Collectors.toList());
        }
    }

    private static long countAs(Group row, PrimitiveType column) {
        String name = column.getName();
        switch (column.getPrimitiveTypeName()) {
            case BINARY:
                CRC32 crc = new CRC32();
                crc.update(row.getString(name, 0).getBytes(StandardCharsets.UTF_8));
                return crc.getValue();
            case DOUBLE:
                return Math.round(row.getDouble(name, 0) * 1e6);
            case INT64:
                return row.getLong(name, 0);
            default:
                return row.getInteger(name, 0);
        }
    }

    private static String quote(String text) {
        return '"' + text.replaceAll("[\\\\\"\\p{Cntrl}]", " ") + '"';
    }
}
