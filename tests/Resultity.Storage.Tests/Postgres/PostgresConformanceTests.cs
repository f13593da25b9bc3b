using Resultity.Storage.Tests.Conformance;

namespace Resultity.Storage.Tests.Postgres;

public sealed class PostgresApiKeyStoreTests(PostgresFixture server) : ApiKeyStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresNodeStoreTests(PostgresFixture server) : NodeStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresResponseStoreTests(PostgresFixture server) : ResponseStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresWebhookStoreTests(PostgresFixture server) : WebhookStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresUsageStoreTests(PostgresFixture server) : UsageStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresJobStoreTests(PostgresFixture server) : JobStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresJobClaimTests(PostgresFixture server) : JobClaimConformance(TestStorage.Postgres(server));

public sealed class PostgresFileStoreTests(PostgresFixture server) : FileStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresBatchStoreTests(PostgresFixture server) : BatchStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresSubcloudStoreTests(PostgresFixture server) : SubcloudStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresIdempotencyStoreTests(PostgresFixture server) : IdempotencyStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresMultimodelStoreTests(PostgresFixture server) : MultimodelStoreConformance(TestStorage.Postgres(server));

public sealed class PostgresShardStoreTests(PostgresFixture server) : ShardStoreConformance(TestStorage.Postgres(server));
