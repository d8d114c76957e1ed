/**
 * Registers of a virtio device, by the offsets that its MMIO transport has them at (virtio 1.2, 4.2.2). Drivers name
 * them so, whatever the transport; queues are the platform's alone, which refuses a driver their registers.
 */
export const enum Register {
  Magic = 0x00,
  Version = 0x04,
  DeviceId = 0x08,
  DeviceFeatures = 0x10,
  DeviceFeaturesSelect = 0x14,
  DriverFeatures = 0x20,
  DriverFeaturesSelect = 0x24,
  QueueSelect = 0x30,
  QueueSizeMaximum = 0x34,
  QueueSize = 0x38,
  QueueReady = 0x44,
  QueueNotify = 0x50,
  InterruptAcknowledge = 0x64,
  Status = 0x70,
  QueueDescriptors = 0x80,
  QueueDriver = 0x90,
  QueueDevice = 0xa0,
  ConfigurationGeneration = 0xfc,
  Configuration = 0x100,
}
