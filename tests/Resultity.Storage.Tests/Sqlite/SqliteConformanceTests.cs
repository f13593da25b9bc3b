using Resultity.Storage.Tests.Conformance;

namespace Resultity.Storage.Tests.Sqlite;

public sealed class SqliteApiKeyStoreTests() : ApiKeyStoreConformance(TestStorage.Sqlite());

public sealed class SqliteNodeStoreTests() : NodeStoreConformance(TestStorage.Sqlite());

public sealed class SqliteResponseStoreTests() : ResponseStoreConformance(TestStorage.Sqlite());

public sealed class SqliteWebhookStoreTests() : WebhookStoreConformance(TestStorage.Sqlite());

public sealed class SqliteUsageStoreTests() : UsageStoreConformance(TestStorage.Sqlite());

public sealed class FolderBlobStoreTests() : BlobStoreConformance(TestStorage.Sqlite());

public sealed class SqliteJobStoreTests() : JobStoreConformance(TestStorage.Sqlite());

public sealed class SqliteJobClaimTests() : JobClaimConformance(TestStorage.Sqlite());

public sealed class SqliteFileStoreTests() : FileStoreConformance(TestStorage.Sqlite());

public sealed class SqliteBatchStoreTests() : BatchStoreConformance(TestStorage.Sqlite());

public sealed class SqliteSubcloudStoreTests() : SubcloudStoreConformance(TestStorage.Sqlite());

public sealed class SqliteIdempotencyStoreTests() : IdempotencyStoreConformance(TestStorage.Sqlite());

public sealed class SqliteMultimodelStoreTests() : MultimodelStoreConformance(TestStorage.Sqlite());

public sealed class SqliteShardStoreTests() : ShardStoreConformance(TestStorage.Sqlite());
