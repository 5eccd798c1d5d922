// A Vulkan layer that keeps what a driver's compiler says of compute pipelines (VK_KHR_pipeline_executable_properties). What is
// kept has the hash of its SPIR-V as name; a pipeline that is known already is not compiled again: a placeholder stands for it,
// so that a program may create pipelines under this layer, and nothing more.
//
//   SHADER_STATS_KEPT     folder of HASH.json (statistics of each executable) and HASH.txt (its listing)
//   SHADER_STATS_LOG      file to which each pipeline adds a line, in the order of creation: its hash and the VkResult
//   SHADER_STATS_LISTING  name of the representation that is kept as listing; without it there is none
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define PLACEHOLDER ((VkPipeline)(uintptr_t)-1)
#define LIMIT 8 // instances, devices, and executables of a pipeline

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// ---- handles ---------------------------------------------------------------------------------------------------------

// Instances and devices, by the loader's table, which their children share; shader modules, by handle.
static struct {
    void *key;
    VkInstance handle;
    PFN_vkGetInstanceProcAddr next;
} instances[LIMIT];
static struct {
    void *key;
    VkDevice handle;
    PFN_vkGetDeviceProcAddr next;
} devices[LIMIT];
static int instance_count, device_count;

struct module {
    VkShaderModule handle;
    uint64_t hash;
    struct module *next;
};
static struct module *modules;

static void *key(void *handle) { return *(void **)handle; }

static PFN_vkVoidFunction instance_function(void *handle, const char *name) {
    for (int i = instance_count - 1; i >= 0; i--)
        if (instances[i].key == key(handle)) return instances[i].next(instances[i].handle, name);
    return NULL;
}

static PFN_vkVoidFunction device_function(void *handle, const char *name) {
    for (int i = device_count - 1; i >= 0; i--)
        if (devices[i].key == key(handle)) return devices[i].next(devices[i].handle, name);
    return NULL;
}

// The part of a chain that the loader left for this layer.
static void *link_info(const void *chain, VkStructureType type) {
    for (VkBaseOutStructure *at = (void *)chain; at; at = at->pNext)
        if (at->sType == type && ((VkLayerInstanceCreateInfo *)at)->function == VK_LAYER_LINK_INFO) return at;
    return NULL;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *allocator,
                                                      VkInstance *instance) {
    VkLayerInstanceCreateInfo *link = link_info(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
    if (!link) return VK_ERROR_INITIALIZATION_FAILED;
    PFN_vkGetInstanceProcAddr next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    VkResult result = ((PFN_vkCreateInstance)next(NULL, "vkCreateInstance"))(info, allocator, instance);
    if (result == VK_SUCCESS && instance_count < LIMIT) {
        instances[instance_count].key = key(*instance);
        instances[instance_count].handle = *instance;
        instances[instance_count++].next = next;
    }
    return result;
}

// Asks for the extension that has the statistics as well.
static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice adapter, const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator, VkDevice *device) {
    VkLayerDeviceCreateInfo *link = link_info(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
    if (!link) return VK_ERROR_INITIALIZATION_FAILED;
    PFN_vkGetDeviceProcAddr next = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;

    uint32_t count = info->enabledExtensionCount;
    const char **names = calloc(count + 1, sizeof *names);
    for (uint32_t i = 0; i < count; i++) names[i] = info->ppEnabledExtensionNames[i];
    names[count] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR feature = {
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, (void *)info->pNext, VK_TRUE};
    VkDeviceCreateInfo asked = *info;
    asked.pNext = &feature;
    asked.enabledExtensionCount = count + 1;
    asked.ppEnabledExtensionNames = names;
    PFN_vkCreateDevice create = (void *)instance_function(adapter, "vkCreateDevice");
    VkResult result = create(adapter, &asked, allocator, device);
    free(names);
    if (result == VK_SUCCESS && device_count < LIMIT) {
        devices[device_count].key = key(*device);
        devices[device_count].handle = *device;
        devices[device_count++].next = next;
    }
    return result;
}

// ---- pipelines -------------------------------------------------------------------------------------------------------

// FNV-1a
static uint64_t hash_of(const uint32_t *code, size_t bytes) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ ((const uint8_t *)code)[i]) * 0x100000001b3;
    return hash;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_module(VkDevice device, const VkShaderModuleCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator, VkShaderModule *module) {
    PFN_vkCreateShaderModule create = (void *)device_function(device, "vkCreateShaderModule");
    VkResult result = create(device, info, allocator, module);
    if (result != VK_SUCCESS) return result;
    struct module *kept = malloc(sizeof *kept);
    pthread_mutex_lock(&lock);
    // the last one first: a handle may be used again
    *kept = (struct module){*module, hash_of(info->pCode, info->codeSize), modules};
    modules = kept;
    pthread_mutex_unlock(&lock);
    return result;
}

static uint64_t hash_of_stage(const VkPipelineShaderStageCreateInfo *stage) {
    for (const VkBaseInStructure *at = stage->pNext; at; at = at->pNext)
        if (at->sType == VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO) {
            const VkShaderModuleCreateInfo *info = (const void *)at;
            return hash_of(info->pCode, info->codeSize);
        }
    for (struct module *at = modules; at; at = at->next)
        if (at->handle == stage->module) return at->hash;
    return 0;
}

// A name that drivers give: letters, digits and marks; what JSON would mind is left out.
static void write_name(FILE *file, const char *name) {
    fputc('"', file);
    for (; *name; name++)
        if (*name >= ' ' && *name != '"' && *name != '\\') fputc(*name, file);
    fputc('"', file);
}

static void write_value(FILE *file, const VkPipelineExecutableStatisticKHR *statistic) {
    switch (statistic->format) {
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR: fprintf(file, "%" PRIu32, statistic->value.b32); break;
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: fprintf(file, "%" PRId64, statistic->value.i64); break;
        case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR: fprintf(file, "%" PRIu64, statistic->value.u64); break;
        default: fprintf(file, "%g", statistic->value.f64);
    }
}

static void write_statistics(FILE *file, VkDevice device, const VkPipelineExecutableInfoKHR *executable) {
    PFN_vkGetPipelineExecutableStatisticsKHR get = (void *)device_function(device, "vkGetPipelineExecutableStatisticsKHR");
    uint32_t count = 0;
    get(device, executable, &count, NULL);
    VkPipelineExecutableStatisticKHR *found = calloc(count + 1, sizeof *found);
    for (uint32_t i = 0; i < count; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    get(device, executable, &count, found);
    for (uint32_t i = 0; i < count; i++) {
        if (i) fputs(", ", file);
        write_name(file, found[i].name);
        fputs(": ", file);
        write_value(file, &found[i]);
    }
    free(found);
}

static void write_listing(FILE *file, VkDevice device, const VkPipelineExecutableInfoKHR *executable, const char *wanted) {
    PFN_vkGetPipelineExecutableInternalRepresentationsKHR get =
        (void *)device_function(device, "vkGetPipelineExecutableInternalRepresentationsKHR");
    uint32_t count = 0;
    get(device, executable, &count, NULL);
    VkPipelineExecutableInternalRepresentationKHR *found = calloc(count + 1, sizeof *found);
    for (uint32_t i = 0; i < count; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR;
    get(device, executable, &count, found);
    for (uint32_t i = 0; i < count; i++) found[i].pData = calloc(found[i].dataSize + 1, 1);
    get(device, executable, &count, found);
    for (uint32_t i = 0; i < count; i++) {
        if (!strcmp(found[i].name, wanted)) fputs(found[i].pData, file);
        free(found[i].pData);
    }
    free(found);
}

static void kept_path(char *path, size_t room, uint64_t hash, const char *ending) {
    snprintf(path, room, "%s/%016" PRIx64 "%s", getenv("SHADER_STATS_KEPT"), hash, ending);
}

// Files are renamed into their place, since other processes may look for them; the statistics last.
static void keep(VkDevice device, VkPipeline pipeline, uint64_t hash, const char *listing) {
    PFN_vkGetPipelineExecutablePropertiesKHR get = (void *)device_function(device, "vkGetPipelineExecutablePropertiesKHR");
    VkPipelineInfoKHR info = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
    VkPipelineExecutablePropertiesKHR found[LIMIT] = {0};
    for (int i = 0; i < LIMIT; i++) found[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR;
    uint32_t count = LIMIT;
    get(device, &info, &count, found);

    char ending[32], path[4096], text_path[4096], place[4096];
    snprintf(ending, sizeof ending, ".%d.json", (int)getpid());
    kept_path(path, sizeof path, hash, ending);
    snprintf(ending, sizeof ending, ".%d.txt", (int)getpid());
    kept_path(text_path, sizeof text_path, hash, ending);
    FILE *file = fopen(path, "w"), *text = listing ? fopen(text_path, "w") : NULL;
    if (!file || (listing && !text)) {
        perror("shader-stats");
        exit(1);
    }
    fputc('[', file);
    for (uint32_t i = 0; i < count; i++) {
        VkPipelineExecutableInfoKHR executable = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, i};
        fputs(i ? ",\n {\"name\": " : "{\"name\": ", file);
        write_name(file, found[i].name);
        fprintf(file, ", \"subgroup\": %" PRIu32 ", \"statistics\": {", found[i].subgroupSize);
        write_statistics(file, device, &executable);
        fputs("}}", file);
        if (text) write_listing(text, device, &executable, listing);
    }
    fputs("]\n", file);
    fclose(file);
    if (text) {
        fclose(text);
        kept_path(place, sizeof place, hash, ".txt");
        rename(text_path, place);
    }
    kept_path(place, sizeof place, hash, ".json");
    rename(path, place);
}

static VkResult create_pipeline(VkDevice device, const VkComputePipelineCreateInfo *info, const VkAllocationCallbacks *allocator,
                                VkPipeline *pipeline, uint64_t hash) {
    char path[4096];
    kept_path(path, sizeof path, hash, ".json");
    if (access(path, R_OK) == 0) {
        *pipeline = PLACEHOLDER;
        return VK_SUCCESS;
    }
    const char *listing = getenv("SHADER_STATS_LISTING");
    VkComputePipelineCreateInfo asked = *info;
    asked.flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR;
    if (listing) asked.flags |= VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
    PFN_vkCreateComputePipelines create = (void *)device_function(device, "vkCreateComputePipelines");
    VkResult result = create(device, VK_NULL_HANDLE, 1, &asked, allocator, pipeline);
    if (result == VK_SUCCESS) keep(device, *pipeline, hash, listing);
    return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                       const VkComputePipelineCreateInfo *infos,
                                                       const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
    (void)cache;
    VkResult all = VK_SUCCESS;
    pthread_mutex_lock(&lock);
    FILE *log = fopen(getenv("SHADER_STATS_LOG"), "a");
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = hash_of_stage(&infos[i].stage);
        VkResult result = create_pipeline(device, &infos[i], allocator, &pipelines[i], hash);
        if (log) fprintf(log, "%016" PRIx64 " %d\n", hash, result);
        if (result != VK_SUCCESS) all = result;
    }
    if (log) fclose(log);
    pthread_mutex_unlock(&lock);
    return all;
}

static VKAPI_ATTR void VKAPI_CALL destroy_pipeline(VkDevice device, VkPipeline pipeline, const VkAllocationCallbacks *allocator) {
    if (pipeline == PLACEHOLDER) return;
    ((PFN_vkDestroyPipeline)device_function(device, "vkDestroyPipeline"))(device, pipeline, allocator);
}

// ---- the loader's view -----------------------------------------------------------------------------------------------

static PFN_vkVoidFunction get_device_function(VkDevice device, const char *name);
static PFN_vkVoidFunction get_instance_function(VkInstance instance, const char *name);

static const struct {
    const char *name;
    PFN_vkVoidFunction function;
    bool of_device;
} own[] = {
    {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)get_instance_function, false},
    {"vkCreateInstance", (PFN_vkVoidFunction)create_instance, false},
    {"vkCreateDevice", (PFN_vkVoidFunction)create_device, false},
    {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)get_device_function, true},
    {"vkCreateShaderModule", (PFN_vkVoidFunction)create_module, true},
    {"vkCreateComputePipelines", (PFN_vkVoidFunction)create_pipelines, true},
    {"vkDestroyPipeline", (PFN_vkVoidFunction)destroy_pipeline, true},
};

static PFN_vkVoidFunction own_function(const char *name, bool of_device) {
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if ((!of_device || own[i].of_device) && !strcmp(own[i].name, name)) return own[i].function;
    return NULL;
}

static PFN_vkVoidFunction get_device_function(VkDevice device, const char *name) {
    PFN_vkVoidFunction found = own_function(name, true);
    return found ? found : device_function(device, name);
}

static PFN_vkVoidFunction get_instance_function(VkInstance instance, const char *name) {
    PFN_vkVoidFunction found = own_function(name, false);
    if (found) return found;
    return instance ? instance_function(instance, name) : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version) {
    if (!getenv("SHADER_STATS_KEPT") || !getenv("SHADER_STATS_LOG")) return VK_ERROR_INITIALIZATION_FAILED;
    if (version->loaderLayerInterfaceVersion > 2) version->loaderLayerInterfaceVersion = 2;
    version->pfnGetInstanceProcAddr = get_instance_function;
    version->pfnGetDeviceProcAddr = get_device_function;
    version->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
