namespace Resultity.Polling;

/// <summary>Something that is to happen at a time; it waits in at most one <see cref="DueQueue"/>.</summary>
public abstract class DueItem
{
    internal DueItem? Next, Previous;

    /// <summary>When it is due, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Due { get; internal set; }

    /// <summary>Whether it waits in a queue.</summary>
    public bool Queued { get; internal set; }
}

/// <summary>Items in the order in which they are due.</summary>
/// <remarks>
/// A linked list that is searched from its end: nearly all items are added with the same delay, so that an addition takes
/// constant time where a heap would take a logarithmic one. Not thread-safe.
/// </remarks>
public sealed class DueQueue
{
    /// <summary>The item that is due first.</summary>
    public DueItem? First { get; private set; }

    /// <summary>The item that is due last.</summary>
    public DueItem? Last { get; private set; }

    /// <summary>Adds an item that is in no queue; among items that are due together the earlier added comes first.</summary>
    public void Add(DueItem item, long due)
    {
        item.Due = due;
        item.Queued = true;
        var before = Last;
        while (before is not null && before.Due > due) before = before.Previous;
        item.Previous = before;
        item.Next = before is null ? First : before.Next;
        if (item.Next is null) Last = item;
        else item.Next.Previous = item;
        if (before is null) First = item;
        else before.Next = item;
    }

    /// <summary>Takes an item out; nothing happens if it is not queued.</summary>
    public void Remove(DueItem item)
    {
        if (!item.Queued) return;
        if (item.Previous is null) First = item.Next;
        else item.Previous.Next = item.Next;
        if (item.Next is null) Last = item.Previous;
        else item.Next.Previous = item.Previous;
        item.Next = item.Previous = null;
        item.Queued = false;
    }
}
