namespace Resultity.Node.Hardware;

/// <summary>A processor with memory of its own that engines can compute on.</summary>
/// <param name="Name">As its driver calls it.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="FreeBytes">What of it is free now.</param>
public sealed record Accelerator(string Name, long MemoryBytes, long FreeBytes);
