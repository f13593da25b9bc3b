using System.Text.Json;
using Resultity.Contracts.Fleet;

namespace Resultity.Gateway.Http;

/// <summary>The <c>loading</c> object that says how far the load of a model is. What is not known is left out.</summary>
internal static class LoadingJson
{
    /// <summary>Writes the property into an object that has been started, if there is a load.</summary>
    public static void WriteProperty(Utf8JsonWriter writer, ModelLoading? loading)
    {
        if (loading is null)
        {
            return;
        }

        writer.WriteStartObject("loading"u8);
        writer.WriteString("state"u8, Name(loading.State));
        if (loading.Progress is { } progress)
        {
            writer.WriteNumber("progress"u8, Share(progress));
        }

        if (loading.EtaSeconds is { } eta)
        {
            writer.WriteNumber("eta_seconds"u8, QueueJson.Seconds(TimeSpan.FromSeconds(eta)));
        }

        writer.WriteEndObject();
    }

    /// <summary>The state as it is told.</summary>
    public static string Name(LoadingState state) => state switch
    {
        LoadingState.Waiting => "waiting",
        LoadingState.Testing => "testing",
        _ => "loading",
    };

    /// <summary>A share as it is told.</summary>
    public static double Share(double progress) => Math.Round(progress, 2);
}
